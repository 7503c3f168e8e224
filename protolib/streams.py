"""What a stream of random numbers is for: every key that is passed to `protolib.data.generator`.

The numbers are part of every generator's key: changing one changes every result of the book. A new
purpose takes a number that no other has; a test sees to that.
"""

INPUTS, INITIALISATION, CHANCE, BOOTSTRAP, LABELS, NOISE = range(6)
GENERATIVE, MIXING, CLASSIFIER = range(10, 13)  # protolib.sparse.identifiability
DICTIONARY, CODES, START, BATCHES = range(100, 104)  # protolib.sparse.coding
KMEANS = 110  # protolib.sparse.bridge
DECOYS = 120  # protolib.privacy
TARGET_NOISE, FLIPS, QUERIES = range(130, 133)  # protolib.generalisation
BLOCKS, ENCODER, GLYPHS, SLICES = range(150, 154)  # protolib.scale, .encoded, .data.glyphs
CHAIN, PAIRS = 160, 161  # protolib.sparse.chain
CANDIDATES = 170  # protolib.sparse.universality
PERCEPTRON, HALVES = 180, 181  # protolib.sparse.companions
RELU, GUESSES = 190, 191  # protolib.arena
PLANE, PROBLEM = 200, 201  # protolib.live.sparse
TYPED, POINTS = 210, 211  # protolib.exercises
