import networkx as nx

PACKAGES = ["networkx"]
EXPECTED = [["a", "b", "c"], 2]
KIND = "backends found by entry points"


def answer():
    graph = nx.Graph([("a", "b"), ("b", "c")])
    return [nx.shortest_path(graph, "a", "c"), nx.diameter(graph)]
