import gspread
from google_auth_oauthlib.flow import Flow

PACKAGES = ["gspread", "oauthlib", "google-auth-oauthlib"]
EXPECTED = ["A1", "https"]
KIND = "pure Python"


def answer():
    config = {
        "web": {
            "client_id": "x",
            "client_secret": "y",
            "auth_uri": "https://example.com/a",
            "token_uri": "https://example.com/t",
        }
    }
    flow = Flow.from_client_config(config, scopes=["a"], redirect_uri="https://example.com")
    return [gspread.utils.rowcol_to_a1(1, 1), flow.authorization_url()[0][:5]]
