"""Published datasets: what a version is, its files, and where everything is in them.

manifest      what a version is, and what is told of it when a file is not what it should be
versions      the versions of a root, and the pointers to the latest ones
shards        the rows and samples of a version
attachments   card, report and whatever else is said of a version, renewed in place
publication   makes a version exist, and mends it
verification  holds versions against their manifests
index         where everything of a version is, by the keys of addresses, domains and hashes
changes       what differs between two versions, pair by pair
differences   what differs between the builds of two versions
change_reasons  why pairs differ
"""
