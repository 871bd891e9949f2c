"""The pipelines of a store that lives and dies with its process."""

import threading
import time

from core.errors import PipelineNotFound
from core.programs.pipeline.saved import checked_name
from core.programs.pipeline.spec import PipelineSpec
from core.runs.store import StoredPipeline


class MemoryPipelines:
    """A `PipelineStore` without a database. Safe across threads."""

    def __init__(self) -> None:
        self._pipelines: dict[str, list[StoredPipeline]] = {}
        self._saving = threading.Lock()

    def save_pipeline(self, name: str, spec: PipelineSpec, by: str) -> int:
        """Keep it as the newest version, unless it is that already; its number."""
        plain = checked_name(name)
        with self._saving:
            versions = self._pipelines.setdefault(plain, [])
            if not versions or versions[-1].spec != spec:
                number = len(versions) + 1
                versions.append(
                    StoredPipeline(
                        name=plain, version=number, spec=spec, saved_at=time.time(), by=by
                    )
                )
            return len(versions)

    def pipelines(self) -> list[StoredPipeline]:
        """The newest version of each, by name."""
        with self._saving:
            return [versions[-1] for _, versions in sorted(self._pipelines.items())]

    def pipeline(self, name: str, version: int | None = None) -> StoredPipeline:
        """That version, or the newest one. Raises PipelineNotFound."""
        versions = self.pipeline_versions(name)
        found = [each for each in versions if version in (None, each.version)]
        if not found:
            raise no_pipeline(name, version)
        return found[0]

    def pipeline_versions(self, name: str) -> list[StoredPipeline]:
        """All versions, newest first. Raises PipelineNotFound."""
        with self._saving:
            if name not in self._pipelines:
                raise no_pipeline(name)
            return self._pipelines[name][::-1]

    def delete_pipeline(self, name: str) -> None:
        """Remove it with all versions. Raises PipelineNotFound."""
        with self._saving:
            if self._pipelines.pop(name, None) is None:
                raise no_pipeline(name)


def no_pipeline(name: str, version: int | None = None) -> PipelineNotFound:
    """The error that says which one there is not."""
    what = f"no pipeline {name!r}" if version is None else f"no version {version} of {name!r}"
    return PipelineNotFound(f"there is {what}. It may have been deleted.")
