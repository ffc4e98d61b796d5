"""What is said and drawn of a trace, without a screen: numbers, words, charts, reports and exports."""
