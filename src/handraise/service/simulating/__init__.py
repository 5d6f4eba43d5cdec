"""Whether these people have the capacity: the asks of a history played against their hours.

What is here needs the extra `backtest`: call `handraise.service.extras.need_simulation` before
importing it.
"""
