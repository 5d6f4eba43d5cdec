"""A stated confidence for agents that have none: from samples, tokens or their own words.

Each function takes whatever an agent has and never raises: what is doubtful gives None, which is no
confidence, and stops the agent. What they give is a score and no probability: it must be calibrated
before a threshold means anything. Plain Python, since agents call this beside the gate.
"""
