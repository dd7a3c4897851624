"""The words of model cards in ours: kinds of task, libraries."""

from __future__ import annotations

from collections.abc import Iterable

_VISION, _TEXT, _CLASSES = "Computer Vision", "Natural Language Processing", "Classification"
_MADE = "Generative Models"

# What the model does; our words for it; and the kinds of data that it takes.
_ROWS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("token-classification question-answering translation summarization", (_TEXT,), ("Text",)),
    ("feature-extraction fill-mask sentence-similarity text-ranking", (_TEXT,), ("Text",)),
    ("table-question-answering", (_TEXT,), ("Text", "Tabular")),
    ("text-classification zero-shot-classification", (_TEXT, _CLASSES), ("Text",)),
    ("text-generation text2text-generation conversational", (_TEXT, _MADE), ("Text",)),
    ("depth-estimation object-detection image-segmentation", (_VISION,), ("Image",)),
    ("mask-generation keypoint-detection image-feature-extraction", (_VISION,), ("Image",)),
    ("zero-shot-object-detection image-to-image image-to-3d", (_VISION,), ("Image",)),
    ("image-classification zero-shot-image-classification", (_VISION, _CLASSES), ("Image",)),
    ("video-classification", (_VISION, _CLASSES), ("Video",)),
    ("unconditional-image-generation image-to-video", (_VISION, _MADE), ("Image",)),
    ("text-to-image text-to-video text-to-3d", (_VISION, _MADE), ("Text",)),
    ("text-to-speech text-to-audio", (_MADE,), ("Text",)),
    ("image-to-text image-text-to-text", (_VISION, _TEXT), ("Image", "Text")),
    ("visual-question-answering visual-document-retrieval", (_VISION, _TEXT), ("Image", "Text")),
    ("document-question-answering", (_VISION, _TEXT), ("Image", "Text")),
    ("video-text-to-text any-to-any", (_VISION, _TEXT), ("Video", "Text")),
    ("automatic-speech-recognition", (_TEXT,), ("Audio",)),
    ("audio-classification voice-activity-detection", (_CLASSES,), ("Audio",)),
    ("audio-to-audio", ("Other",), ("Audio",)),
    ("tabular-classification", (_CLASSES,), ("Tabular",)),
    ("tabular-regression", ("Regression",), ("Tabular",)),
    ("time-series-forecasting", ("Time Series",), ("Time Series",)),
    ("reinforcement-learning robotics", ("Reinforcement Learning",), ()),
    ("graph-ml", ("Graph Neural Networks",), ("Graph",)),
)
_BY_TAG = {tag: (tasks, kinds) for tags, tasks, kinds in _ROWS for tag in tags.split()}
_LIBRARIES = {
    "TensorFlow": "tensorflow tf tf-lite tflite litert tensorflowtts tensorflow-js",
    "Keras": "keras tf-keras keras-hub keras_hub keras-nlp",
    "PyTorch": (
        "pytorch torch timm sentence-transformers peft diffusers fastai flair speechbrain nemo "
        "pyannote-audio espnet ultralytics open_clip stable-baselines3 trl unsloth setfit "
        "adapter-transformers asteroid torchvision pytorch-lightning pytorch_state_dict "
        "torchscript torch-geometric"
    ),
    "Scikit-learn": "sklearn scikit-learn skops",
    "XGBoost": "xgboost xgb",
    "LightGBM": "lightgbm",
    "CatBoost": "catboost",
    "Other": "jax flax onnx mlx gguf paddlepaddle rust spacy stanza allennlp bertopic fasttext "
    "spark statsmodels h2o prophet",
}
_BY_LIBRARY = {word: ours for ours, words in _LIBRARIES.items() for word in words.split()}


def of_task(tag: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Our tasks and kinds of data for what a card's model does; `Other` where nobody knows."""
    return _BY_TAG.get(tag.casefold(), (("Other",), ()))


def is_task(tag: str) -> bool:
    """Whether a word is one for what a model does."""
    return tag.casefold() in _BY_TAG


def libraries(words: Iterable[str]) -> list[str]:
    """Our words for the libraries that are named, each once; others are passed over."""
    found = [_BY_LIBRARY[word.casefold()] for word in words if word.casefold() in _BY_LIBRARY]
    return list(dict.fromkeys(found))
