"""Arrays in, arrays out: the numerics of retrieval, de-duplication and balance.

Nothing here knows files, Arrow or stages. Rows are unit vectors unless a docstring says
otherwise, so a dot product is a cosine. Results depend on the rows and the seed alone, never on
block sizes, thread counts, or what multiplies: numpy, the native kernel or a GPU (see ``scan``).

    scan        which pairs may score above a floor; scores in a fixed order of additions
    prefix      upper bounds of cosines from few dimensions
    native      the fused int8 product, where a compiler has made it
    device      products on any device of torch
    search      running top-k, list-major and exact search, probing
    kmeans      spherical k-means and assignment to centroids, or to groups of them
    audit       recall, regret, confidence, choosing the number of probes
    duplicates  near pairs, Hamming pairs, groups and their representatives
    sampling    seeded hashes as random order
    balance     the cap per cluster that meets a target size exactly
"""
