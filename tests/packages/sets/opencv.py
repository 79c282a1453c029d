import cv2
import numpy as np

PACKAGES = ["opencv-python-headless"]
EXPECTED = [[10, 10], 1, True]
KIND = "a package that replaces itself when it loads"


def answer():
    picture = np.zeros((20, 20), np.uint8)
    cv2.rectangle(picture, (5, 5), (14, 14), 255, -1)
    contours, _ = cv2.findContours(picture, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    cascade = cv2.CascadeClassifier if hasattr(cv2, "CascadeClassifier") else object
    return [list(cv2.resize(picture, (10, 10)).shape), len(contours), cascade is not None]
