import anthropic
import openai

PACKAGES = ["openai", "anthropic"]
EXPECTED = ["APIConnectionError", "APIConnectionError"]
KIND = "models made at run time"


def answer():
    found = []
    try:
        openai.OpenAI(api_key="x", base_url="http://127.0.0.1:9", max_retries=0).models.list()
    except openai.APIError as error:
        found.append(type(error).__name__)
    try:
        anthropic.Anthropic(api_key="x", base_url="http://127.0.0.1:9", max_retries=0).models.list()
    except anthropic.APIError as error:
        found.append(type(error).__name__)
    return found
