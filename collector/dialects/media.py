"""Images, sounds and files in messages: their data, or where it is. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from llmwatch.collector.dialects.values import clean, first
from llmwatch.store.span import Part

_HOLDERS: Final = (
    "source", "image_url", "input_audio", "file", "image", "audio", "video", "document", "audio_url",
    "video_url",
)  # fmt: skip
"""Where the APIs nest what a part of theirs shows; OpenInference and Bedrock nest twice."""
_MIMES: Final = ("mime_type", "media_type", "mimeType", "mediaType")
_URIS: Final = ("url", "uri", "fileUri", "file_uri", "image_url")
_DATA: Final = ("data", "content", "file_data", "bytes")
_MODALITIES: Final = ("image", "audio", "video", "document")


def media(item: Mapping[str, Any], kind: str) -> Part:
    """The part that ``item`` of the type ``kind`` is: a blob with its data, a uri or a file id."""
    source = _source(_source(item))
    mime = clean(first(source, _MIMES)) or clean(first(item, _MIMES))
    modality = clean(item.get("modality")) or _modality(f"{kind} {mime}")
    if mime is None and modality == "audio" and isinstance(source.get("format"), str):
        mime = f"audio/{source['format']}"
    uri, data = clean(first(source, _URIS)), clean(first(source, _DATA))
    for sent in (uri, data):
        if sent and sent.startswith("data:"):
            head, _, encoded = sent.partition(",")
            return _blob(modality, head[5:].partition(";")[0] or mime, clean(encoded))
    if uri:
        return Part(type="uri", modality=modality, mime_type=mime, uri=uri)
    if file_id := clean(source.get("file_id")):
        return Part(type="file", modality=modality, mime_type=mime, uri=file_id)
    return _blob(modality, mime, data)


def _source(item: Mapping[str, Any]) -> Mapping[str, Any]:
    held = first(item, _HOLDERS)
    if isinstance(held, str):
        return {**item, "url" if "://" in held or held.startswith(("data:", "@")) else "data": held}
    return held if isinstance(held, dict) else item


def _blob(modality: str | None, mime: str | None, data: str | None) -> Part:
    size = len(data) * 3 // 4 - data[-2:].count("=") if data else None
    return Part(type="blob", modality=modality or _modality(mime), mime_type=mime, size_bytes=size, data=data)


def _modality(hint: str | None) -> str | None:
    return next((modality for modality in _MODALITIES if hint and modality in hint), None)
