"""Takes things out of the corpus and of what is published next, and says where they were.

lookup      what was found where: corpus, builds, datasets
command     files a request, or shows what it would do
receipt     the page for whoever asked

What may be asked for, and what requests remove, is in corpus; the indexes of datasets in datasets.

    {root}/takedowns/requests/{id}.json              what was asked for; the id is its content's
    {root}/takedowns/log/0001.json                   since this number it holds
    {root}/takedowns/removed/gen=0001/0001.parquet   what numbers 1 to this remove from a generation
    {root}/takedowns/index/realsyn-{scale}/{version}/…
    {root}/takedowns/receipts/{id}/…
"""
