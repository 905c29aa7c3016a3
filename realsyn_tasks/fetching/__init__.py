"""Downloads images from the web, politely and safely. Knows neither tables nor stages.

outcomes    what becomes of a request: bytes, or a reason
reasons     why there are none, and whether another try may help
settings    the bounds of every request, and how the crawler introduces itself
guard       which addresses may be connected to; names are looked up once and pinned
origins     files of rules, asked of each origin once
robots      robots.txt: what may be asked for, and how fast
tdmrep      /.well-known/tdmrep.json: what is reserved
hosts       turns: concurrency, delay and giving up, host by host
exchange    one request and one answer, with all caps
downloader  an address to an image: robots, redirects, tries again
fetching    many addresses, fairly over hosts, within one batch's time
"""
