"""The names of metrics that are known: how people say them, which way is better, on what scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Known(NamedTuple):
    """One metric.

    Attributes:
        label: as people say it, at the start of a line.
        direction: ``higher`` or ``lower`` is better.
        scale: ``share``, ``index`` or empty, as `measures.Measure` has it.
    """

    label: str
    direction: str
    scale: str

    @property
    def inner(self) -> str:
        """The label inside a line: an abbreviation stays as it is."""
        word = self.label.split()[0]
        return self.label if word[1:] != word[1:].lower() or len(word) < 3 else self.label.lower()


# Label, direction, scale, and the other names that it goes by, without blanks and marks.
_ROWS = (
    ("Accuracy", "higher", "share", "acc"),
    ("Precision", "higher", "share", "prec ppv positivepredictivevalue"),
    ("Recall", "higher", "share", "sensitivity tpr truepositiverate hitrate"),
    ("Specificity", "higher", "share", "tnr truenegativerate"),
    ("Coverage", "higher", "share", "picp"),
    ("Exact match", "higher", "share", "em"),
    ("Top-1 accuracy", "higher", "share", "top1 acc1"),
    ("Top-5 accuracy", "higher", "share", "top5 acc5"),
    ("Detection rate", "higher", "share", ""),
    ("Success rate", "higher", "share", ""),
    ("Win rate", "higher", "share", ""),
    ("Purity", "higher", "share", ""),
    ("F1", "higher", "index", "f1score f1measure fscore fmeasure"),
    ("AUC", "higher", "index", "rocauc auroc aucroc areaundercurve areaundertheroccurve"),
    ("PR AUC", "higher", "index", "aucpr auprc"),
    ("Average precision", "higher", "index", "ap"),
    ("mAP", "higher", "index", "meanaverageprecision"),
    ("IoU", "higher", "index", "intersectionoverunion jaccard jaccardindex jaccardscore"),
    ("mIoU", "higher", "index", "meaniou"),
    ("Dice", "higher", "index", "dicescore dicecoefficient dsc"),
    ("R²", "higher", "index", "r2 r2score rsquared coefficientofdetermination"),
    ("Explained variance", "higher", "index", "explainedvariancescore"),
    ("MCC", "higher", "", "matthews matthewscorrcoef matthewscorrelationcoefficient"),
    ("Cohen's kappa", "higher", "", "kappa cohenkappa cohenskappa"),
    ("Pearson correlation", "higher", "", "pearson pearsonr pearsoncorrelationcoefficient"),
    ("Spearman correlation", "higher", "", "spearman spearmanr spearmanrho"),
    ("NDCG", "higher", "index", ""),
    ("MRR", "higher", "index", "meanreciprocalrank"),
    ("SSIM", "higher", "index", "structuralsimilarity"),
    ("PSNR", "higher", "", "peaksignaltonoiseratio"),
    ("SNR", "higher", "", "signaltonoiseratio"),
    ("BLEU", "higher", "", "bleuscore sacrebleu"),
    ("ROUGE", "higher", "", "rouge1 rouge2 rougel rougelsum"),
    ("METEOR", "higher", "", ""),
    ("Inception score", "higher", "", ""),
    ("Silhouette", "higher", "", "silhouettescore"),
    ("Throughput", "higher", "", "fps framespersecond imagespersecond tokenspersecond"),
    ("Loss", "lower", "", ""),
    ("Log loss", "lower", "", "logloss nll negativeloglikelihood"),
    ("Cross-entropy", "lower", "", "crossentropy crossentropyloss"),
    ("Hinge loss", "lower", "", ""),
    ("Mean absolute error", "lower", "", "mae"),
    ("Mean squared error", "lower", "", "mse"),
    ("Root mean squared error", "lower", "", "rmse rootmeansquareerror rmsd"),
    ("Absolute error", "lower", "", ""),
    ("Squared error", "lower", "", ""),
    ("Mean absolute percentage error", "lower", "share", "mape"),
    ("SMAPE", "lower", "", ""),
    ("Brier score", "lower", "index", "brier"),
    ("Calibration error", "lower", "share", "ece expectedcalibrationerror"),
    ("Error", "lower", "", ""),
    ("Error rate", "lower", "share", "errorrate"),
    ("Equal error rate", "lower", "share", "eer"),
    ("Word error rate", "lower", "share", "wer"),
    ("Character error rate", "lower", "share", "cer"),
    ("False positive rate", "lower", "share", "fpr falsealarmrate"),
    ("False negative rate", "lower", "share", "fnr missrate"),
    ("Hamming loss", "lower", "share", ""),
    ("Perplexity", "lower", "", "ppl"),
    ("FID", "lower", "", "frechetinceptiondistance"),
    ("LPIPS", "lower", "", ""),
    ("Hausdorff distance", "lower", "", "hausdorff hd95"),
    ("KL divergence", "lower", "", "kldivergence"),
    ("CRPS", "lower", "", ""),
    ("Pinball loss", "lower", "", "quantileloss"),
    ("Latency", "lower", "", "inferencetime responsetime"),
)  # fmt: skip


def _known() -> Mapping[str, Known]:
    found: dict[str, Known] = {}
    for label, direction, scale, others in _ROWS:
        own = "".join(c for c in label.casefold().replace("²", "2") if c.isalnum())
        found |= dict.fromkeys((own, *others.split()), Known(label, direction, scale))
    return found


# A metric's name without blanks, in small letters -> what is known of it.
KNOWN: Mapping[str, Known] = _known()
# Words before a known name that do not change which way is better.
QUALIFIERS = frozenset(
    {
        *("test", "val", "valid", "validation", "eval", "train", "training"),
        *("mean", "avg", "average", "median", "max", "maximum", "min", "minimum"),
        *("macro", "micro", "weighted", "balanced", "overall", "total", "top"),
        *("pixel", "token", "word", "class", "per", "box", "mask", "image"),
        *("categorical", "binary", "sparse", "normalised", "normalized", "adjusted"),
    }
)
# Words after a known name that only say of what.
TAILS = frozenset(
    {
        *("of", "on", "at", "for", "in", "with", "by", "per", "over", "under", "from", "within"),
        *("score", "macro", "micro", "weighted", "mean", "avg", "average", "top", "k"),
        *("test", "val", "validation"),
    }
)
