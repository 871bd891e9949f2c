"""A split in words, as in "by the times in 'when', 40 / 40 / 20 %, not stratified"."""

from core.data.split import SplitConfig


def described_split(config: SplitConfig) -> str:
    """How rows become training, validation and test, as the end of "they are divided …"."""
    if config.part_column is not None:
        ways = [f"as column {config.part_column!r} says (what it leaves open: {_shares(config)})"]
    elif config.order_by is not None:
        ways = [f"by {config.order_by!r}, the earliest for training and the latest held out"]
    elif config.group_by is not None:
        ways = [f"by chance, rows with the same {config.group_by!r} in one part"]
    else:
        ways = ["by chance"]
    if config.counts is not None:
        train, val, test = config.counts
        ways.append(f"{train:,} for training, {val:,} for validation, {test:,} held out")
    elif config.part_column is None:
        ways.append(f"training, validation and held-out {_shares(config)}")
    if config.order_by is None:
        ways.append(f"seed {config.seed}")
        ways += [] if config.stratify else ["not stratified"]
    return ", ".join(ways)


def _shares(config: SplitConfig) -> str:
    return " / ".join(f"{100 * share:.4g} %" for share in (config.train, config.val, config.test))
