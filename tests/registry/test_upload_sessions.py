"""Any sequence of requests about uploads, against a model of a dozen lines."""

import io
import shutil
import tempfile
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from notifier.registry import uploads
from notifier.registry.bodies import Body
from notifier.registry.digest import ALGORITHMS, Digest
from notifier.registry.errors import (
    BlobUploadUnknown,
    DigestInvalid,
    RangeInvalid,
    SizeInvalid,
)
from notifier.storage import FilesystemStorage, MemoryStorage, Storage

contents = st.binary(max_size=12)
algorithms = st.sampled_from(sorted(ALGORITHMS))


class UploadSessions(RuleBasedStateMachine):
    """What sessions and blobs there are must be what the model says."""

    storage: Storage
    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.open: dict[UUID, bytes] = {}
        self.blobs: dict[Digest, bytes] = {}

    def restart(self) -> None:
        """Forget all that a process would."""

    @rule(target=sessions, algorithm=st.none() | algorithms)
    def begin(self, algorithm: str | None) -> UUID:
        upload = uploads.begin(self.storage, "a", algorithm)
        self.open[upload] = b""
        return upload

    @rule(upload=sessions, chunk=contents, ranged=st.booleans())
    def append(self, upload: UUID, chunk: bytes, *, ranged: bool) -> None:
        start = len(self.open.get(upload, b""))
        range_ = f"{start}-{start + len(chunk) - 1}" if ranged and chunk else None
        if upload not in self.open:
            with pytest.raises(BlobUploadUnknown):
                self._append(upload, chunk, range_)
            return
        self.open[upload] += chunk

        assert self._append(upload, chunk, range_) == len(self.open[upload])

    @rule(upload=sessions, chunk=contents, gap=st.integers(1, 20))
    def append_out_of_order(self, upload: UUID, chunk: bytes, gap: int) -> None:
        if upload in self.open:
            start = len(self.open[upload]) + gap
            with pytest.raises(RangeInvalid):
                self._append(upload, chunk, f"{start}-{start + len(chunk)}")

    @rule(upload=sessions, chunk=contents, missing=st.integers(1, 20))
    def append_too_little(self, upload: UUID, chunk: bytes, missing: int) -> None:
        if upload in self.open:
            with pytest.raises(SizeInvalid):
                self._append(upload, chunk, None, len(chunk) + missing)
            self.open[upload] += chunk

    @rule(upload=sessions, chunk=contents, over=st.integers(1, 5))
    def append_too_much(self, upload: UUID, chunk: bytes, over: int) -> None:
        if upload in self.open and len(chunk) > over:
            start = len(self.open[upload])
            with pytest.raises(SizeInvalid):
                self._append(upload, chunk, f"{start}-{start + len(chunk) - over - 1}")

    @rule(upload=sessions, chunk=contents, algorithm=algorithms)
    def finish(self, upload: UUID, chunk: bytes, algorithm: str) -> None:
        content = self.open.pop(upload, None)
        digest = Digest.of((content or b"") + chunk, algorithm)
        if content is None:
            with pytest.raises(BlobUploadUnknown):
                self._finish(upload, chunk, digest)
            return

        assert self._finish(upload, chunk, digest) == len(content + chunk)
        self.blobs[digest] = content + chunk

    @rule(upload=sessions, chunk=contents)
    def finish_with_too_little(self, upload: UUID, chunk: bytes) -> None:
        if upload in self.open:
            digest = Digest.of(self.open[upload] + chunk)
            with pytest.raises(SizeInvalid):
                self._finish(upload, chunk, digest, len(chunk) + 1)

    @rule(upload=sessions, chunk=contents, algorithm=algorithms)
    def finish_with_other_content(
        self, upload: UUID, chunk: bytes, algorithm: str
    ) -> None:
        content = self.open.pop(upload, None)
        if content is not None:
            with pytest.raises(DigestInvalid):
                self._finish(
                    upload, chunk, Digest.of(content + chunk + b"!", algorithm)
                )

    @rule(upload=consumes(sessions))
    def cancel(self, upload: UUID) -> None:
        if self.open.pop(upload, None) is None:
            with pytest.raises(BlobUploadUnknown):
                uploads.cancel(self.storage, "a", upload)
        else:
            uploads.cancel(self.storage, "a", upload)

    @rule()
    def start_again(self) -> None:
        self.restart()

    @invariant()
    def sessions_are_as_long_as_the_model_says(self) -> None:
        for upload, content in self.open.items():
            assert uploads.get_size(self.storage, "a", upload) == len(content)

    @invariant()
    def blobs_are_what_the_model_says(self) -> None:
        for digest, content in self.blobs.items():
            blob = self.storage.open_blob(digest)
            assert blob is not None
            assert b"".join(blob.chunks(0, blob.size)) == content

    def _append(
        self,
        upload: UUID,
        chunk: bytes,
        content_range: str | None,
        length: int | None = None,
    ) -> int:
        body = Body(
            stream=io.BytesIO(chunk), content_range=content_range, length=length
        )
        return uploads.append(self.storage, "a", upload, body)

    def _finish(
        self, upload: UUID, chunk: bytes, digest: Digest, length: int | None = None
    ) -> int:
        body = Body(stream=io.BytesIO(chunk), length=length)
        return uploads.finish(self.storage, "a", upload, digest, body)


class MemorySessions(UploadSessions):
    """In memory."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryStorage()


class FilesystemSessions(UploadSessions):
    """In a folder, which at the end holds no file that the model does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.restart()

    def restart(self) -> None:
        self.storage = FilesystemStorage(self.folder)

    def teardown(self) -> None:
        kept = {
            path.name
            for path in self.folder.rglob("*")
            if path.is_file() and path.suffix == ""
        }
        shutil.rmtree(self.folder)
        assert kept == {str(upload) for upload in self.open} | {
            digest.hex for digest in self.blobs
        }


@pytest.mark.parametrize("machine", [MemorySessions, FilesystemSessions])
def test_sessions_and_blobs_are_what_the_model_says(
    machine: type[UploadSessions],
) -> None:
    run_state_machine_as_test(
        machine, settings=settings(max_examples=25, stateful_step_count=25)
    )
