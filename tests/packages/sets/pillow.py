import io

from PIL import Image, ImageDraw, ImageFont

PACKAGES = ["pillow"]
EXPECTED = [[255, 0, 0], "JPEG"]
KIND = "plugins imported by name"


def answer():
    picture = Image.new("RGB", (20, 20), "red")
    ImageDraw.Draw(picture).text((0, 8), "x", font=ImageFont.load_default(8))
    memory = io.BytesIO()
    picture.save(memory, "JPEG")
    return [list(picture.getpixel((19, 0))), Image.open(io.BytesIO(memory.getvalue())).format]
