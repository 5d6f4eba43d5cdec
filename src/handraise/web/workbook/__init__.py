"""The workbook in the browser: a page a chapter, on a server of this machine alone.

No store, no sign-in and no script: a link that works once lets one browser in, and every form
writes the file beside the table.
"""
