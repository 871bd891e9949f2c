"""Every store keeps the contracts."""

import pytest

from core.storage.memory import MemoryStore
from tests.contracts.pipeline_store_contract import PipelineStoreContract
from tests.contracts.store_contract import DatasetStoreContract, RunStoreContract


class TestMemoryStore(RunStoreContract, DatasetStoreContract, PipelineStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()


class TestSqlStore(RunStoreContract, DatasetStoreContract, PipelineStoreContract):
    @pytest.fixture
    def store(self, sql_store):
        return sql_store
