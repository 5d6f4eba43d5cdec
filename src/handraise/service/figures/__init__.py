"""What is counted of an operation over time: stops, what waits, how soon people come, answers."""
