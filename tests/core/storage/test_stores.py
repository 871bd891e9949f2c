"""Every store keeps the contracts."""

import pytest

from core.storage.memory import MemoryStore
from tests.contracts.store_contract import DatasetStoreContract, RunStoreContract


class TestMemoryStore(RunStoreContract, DatasetStoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()


class TestSqlStore(RunStoreContract, DatasetStoreContract):
    @pytest.fixture
    def store(self, sql_store):
        return sql_store
