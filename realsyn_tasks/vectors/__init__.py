"""Arrays in, arrays out: the numerics of retrieval, de-duplication and balance.

Nothing here knows files, Arrow or stages. Rows are unit vectors unless a docstring says
otherwise, so a dot product is a cosine. Results depend on the rows and the seed alone, never on
block sizes, thread counts, or what multiplies: numpy, the native kernel or a GPU (see ``scan``).

    scan        which pairs may score above a floor; scores in a fixed order of additions
    prefix      upper bounds of cosines from few dimensions
    basis       the directions in which rows of lists differ most
    native      the fused int8 products, where a compiler has made them
    device      products on any device of torch
    search      running top-k, list-major and exact search, probing
    coded_lists lists whose rows are coded once for all queries, exact or with a cut
    kmeans      spherical k-means and assignment to centroids, or to groups of them
    audit       recall, regret, confidence, choosing the number of probes
    planar      principal components and t-SNE: rows as points of a plane
    duplicates  near pairs, Hamming pairs, groups and their representatives
    sampling    seeded hashes as random order
    balance     the cap per cluster that meets a target size exactly
"""
