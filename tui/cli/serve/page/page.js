// What the program in the browser (textual.js, of textual-serve) does not do by itself.
"use strict";

// Keys go to the terminal from the start, and why a connection has ended stands on the page.
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("open", () => document.querySelector(".xterm-helper-textarea")?.focus());
    this.addEventListener("close", (event) => {
      if (event.reason) document.querySelector("#why").textContent = event.reason;
    });
  }
};

// A download opens no tab, which a browser would refuse; any other address opens as ever, without knowing this page.
const openAddress = window.open.bind(window);
window.open = (address, target) => {
  if (!String(address).startsWith(`${location.origin}/download/`)) return openAddress(address, target, "noopener");
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
  return null;
};

// The terminal measures its font when it is made: it begins once the fonts are here.
document.addEventListener("DOMContentLoaded", async () => {
  const terminal = document.querySelector("#terminal");
  terminal.dataset.sessionWebsocketUrl = `${location.origin.replace(/^http/, "ws")}/ws`;
  const fonts = ["", "bold ", "italic "].map((style) => document.fonts.load(`${style}16px "Roboto Mono"`, "aW⠿▀⟨"));
  await Promise.allSettled(fonts);
  const program = document.createElement("script");
  program.src = "static/js/textual.js";
  program.onload = () => {
    const begin = window.onload;
    window.onload = null;
    begin();
  };
  document.head.append(program);
});
