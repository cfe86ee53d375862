"""How much of a form's files is taken in at all."""

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler

FILES = 10
FILE_SIZE = 10 * 1024 * 1024


class BoundedUpload(FileUploadHandler):
    """Ends a request at its eleventh file (TooManyFilesSent) or at the byte after a file's ten million (RequestDataTooBig): 400 both."""

    def handle_raw_input(
        self, input_data: IO[bytes], META: dict[str, str], content_length: int, boundary: str, encoding: str | None = None
    ) -> None:
        if content_length > FILES * FILE_SIZE + FILE_SIZE:
            raise RequestDataTooBig(f"more than {FILES} files of {FILE_SIZE} bytes")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.count = getattr(self, "count", 0) + 1
        self.size = 0
        if self.count > FILES:
            raise TooManyFilesSent(f"more than {FILES} files")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.size += len(raw_data)
        if self.size > FILE_SIZE:
            raise RequestDataTooBig(f"a file of more than {FILE_SIZE} bytes")
        return raw_data

    def file_complete(self, file_size: int) -> None:
        pass  # the next handler keeps it
