from qdrant_client import QdrantClient, models

PACKAGES = ["qdrant-client"]
EXPECTED = [2, 1.0]
KIND = "modules made by protoc"


def answer():
    client = QdrantClient(":memory:")
    client.create_collection("c", models.VectorParams(size=2, distance=models.Distance.COSINE))
    client.upsert("c", [models.PointStruct(id=n, vector=[n, 1.0]) for n in (1, 2)])
    found = client.query_points("c", [2.0, 1.0], limit=1).points[0]
    return [found.id, round(found.score, 3)]
