"""The demo: the main job of the platform, told in seven acts on real input."""
