from dask.distributed import Client, LocalCluster

PACKAGES = ["distributed", "dask"]
EXPECTED = [285]
KIND = "a library that starts Python again"


def _square(number):
    return number * number


def answer():
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        return [sum(client.gather(client.map(_square, range(10))))]
