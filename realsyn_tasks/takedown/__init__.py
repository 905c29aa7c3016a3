"""Takes things out of the corpus and of what is published next, and says where they were.

entries     what may be asked for: URLs, domains, image hashes; one line each, none trusted
requests    tombstones: requests that hold, one numbered after another, never changed
matching    which rows of a table an entry means
removing    what the requests remove from each generation
index       where everything of a published dataset is, sorted by key
finding     what was found where: corpus, builds, datasets
receipt     the page for whoever asked

    {root}/takedowns/requests/{id}.json              what was asked for; the id is its content's
    {root}/takedowns/log/0001.json                   since this number it holds
    {root}/takedowns/removed/gen=0001/0001.parquet   what numbers 1 to this remove from a generation
    {root}/takedowns/index/realsyn-{scale}/{version}/…
    {root}/takedowns/receipts/{id}/…
"""
