"""Prose for tiny crawls: per topic a title, captions, and paragraphs of varied sentences."""

from __future__ import annotations

TOPICS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "The old lighthouse",
        (
            "A white lighthouse stands above the rough northern sea.",
            "Two small boats pass the rocky point at dusk.",
        ),
        (
            "The lighthouse keeper climbs narrow stairs each evening and lights the heavy lamp. "
            "Its bright beam sweeps across the dark water and warns the passing ships. "
            "Thick fog often hides the dangerous rocks from tired sailors.",
            "A young painter visited the lonely island last summer and filled three notebooks. "
            "She drew the crooked fence, the rusty boat and the wild goats that roam the cliffs. "
            "Her favourite picture shows a huge wave breaking against the grey wall.",
            "Fishermen repair their torn nets beside the quiet harbour when winter storms arrive. "
            "The old ferry brings fresh bread, warm blankets and long letters from old friends. "
            "Curious seals watch the noisy children from the cold shallows.",
        ),
    ),
    (
        "A morning at the market",
        (
            "Baskets of ripe fruit cover a long wooden table.",
            "A cheerful farmer sells fresh vegetables under a striped awning.",
        ),
        (
            "Farmers arrive before sunrise and unload heavy crates of fresh vegetables. "
            "Sweet strawberries and sour cherries glow beneath the striped awnings. "
            "A skilled baker slices the warm loaves and hands small pieces to hungry visitors.",
            "An elderly woman bargains patiently for a bunch of yellow tulips. "
            "Her little dog steals a smoked sausage and runs behind the green van. "
            "The angry butcher chases the clever thief across the crowded square.",
            "Street musicians play cheerful songs while tourists admire the historic town hall. "
            "Local cheese attracts buyers who travel from several neighbouring villages. "
            "By noon the busy sellers sweep the dusty pavement and count their small earnings.",
        ),
    ),
    (
        "Birds of the garden",
        (
            "A small robin rests on a snowy branch.",
            "Blackbirds search the wet lawn for long worms.",
        ),
        (
            "The robin defends its small territory with a loud and beautiful song. "
            "Young sparrows quarrel over dry seeds on the frozen ground. "
            "A patient heron catches silver fish in the shallow pond.",
            "Migrating swallows build muddy nests under the sheltered roof each spring. "
            "They feed their noisy chicks with flying insects until late evening. "
            "Experienced observers recognise the forked tail from a great distance.",
            "Woodpeckers drill deep holes into rotten trunks and pull out fat beetles. "
            "Their strong beaks strike the hard bark twenty times in a single second. "
            "Gardeners who leave dead trees standing help many endangered species.",
        ),
    ),
    (
        "Crossing the high pass",
        (
            "Snowy mountains rise behind a deep blue lake.",
            "Hikers follow a steep path along the broken ridge.",
        ),
        (
            "The steep trail winds through silent forests and reaches a stony plateau. "
            "Experienced guides tie strong ropes around the nervous climbers. "
            "Melting glaciers carve deep valleys and carry enormous boulders downhill.",
            "A sudden storm forced the exhausted group into an abandoned stone hut. "
            "They burned damp branches, dried their soaked boots and shared a tin of cold beans. "
            "At dawn the thick clouds opened and revealed a spectacular golden summit.",
            "Wild ibexes balance on impossible ledges while eagles circle above the frozen lake. "
            "Ancient traders crossed this dangerous pass with mules that carried precious salt. "
            "Modern travellers prefer the short tunnel which engineers finished in 1964.",
        ),
    ),
    (
        "In the violin workshop",
        (
            "A violin maker carves a thin spruce plate.",
            "Polished instruments hang on a dark wall.",
        ),
        (
            "The violin maker chooses dry spruce that grew slowly in cold mountain forests. "
            "He carves the curved belly with sharp gouges and listens to every hollow knock. "
            "Golden shavings cover the uneven floor of the narrow workshop.",
            "A tiny wooden post transfers vibrations from the arched front to the flat back. "
            "Careless apprentices sometimes crack the fragile ribs over the hot iron. "
            "The master forgives them because he broke many expensive boards in his own youth.",
            "Amber varnish protects the finished instrument and deepens the colour of the maple. "
            "Famous soloists test each new violin in an empty concert hall. "
            "A great instrument answers the lightest touch and fills the farthest corner.",
        ),
    ),
    (
        "Bread from a wood oven",
        (
            "Round loaves cool beside an open brick oven.",
            "Floured hands knead a soft ball of dough.",
        ),
        (
            "The village baker mixes coarse flour, clear water and a spoon of lively sourdough. "
            "Slow fermentation develops complex flavours and makes the heavy grain digestible. "
            "Wet dough sticks to impatient fingers but yields an open, airy crumb.",
            "Dry beech logs heat the brick oven until its black ceiling turns white. "
            "He rakes out the glowing embers and slides the round loaves onto the hot stones. "
            "Hidden steam keeps the thin crust flexible while the bread rises.",
            "Neighbours gather around the wooden bench and trade local gossip for warm rolls. "
            "A crisp loaf stays fresh for several days when wrapped in clean linen. "
            "Leftover slices become golden toast, thick soup or a simple pudding.",
        ),
    ),
)
