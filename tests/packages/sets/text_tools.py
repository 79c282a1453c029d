import jinja2
import markdown
import tabulate
from pygments.lexers import get_lexer_by_name
from rich.text import Text

PACKAGES = ["jinja2", "markdown", "pygments", "tabulate", "rich", "click"]
EXPECTED = ["1,2", "<p><em>a</em></p>", "PythonLexer", "b"]
KIND = "parts imported by name"


def answer():
    text = jinja2.Template("{{ items | join(',') }}").render(items=[1, 2])
    html = markdown.markdown("*a*", extensions=["tables"])
    assert "1" in tabulate.tabulate([[1]])
    return [text, html, type(get_lexer_by_name("python")).__name__, Text.from_markup("[b]b[/b]").plain]
