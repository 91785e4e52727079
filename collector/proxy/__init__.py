"""The provider proxy: model calls passed on to their provider byte for byte, and recorded after they passed.

``passing`` forwards, ``upstream`` holds the connections, ``exchange`` is what passed, ``reading`` turns that
into spans and ``recording`` stores them. Where calls go is the configuration's word alone.
"""
