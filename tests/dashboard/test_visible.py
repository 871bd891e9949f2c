import json

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.dataframe_util import convert_pandas_df_to_arrow_bytes
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.visible import incoming, outgoing, visible

TURNED = "photo\u202egnp.exe\u202c \u2067ok\u2069"
WRITTEN = "photo⟨U+202E⟩gnp.exe⟨U+202C⟩ ⟨U+2067⟩ok⟨U+2069⟩"


def sent(message):
    return ForwardMsg.FromString(outgoing(message.SerializeToString()))


def test_what_turns_text_is_written_out_in_every_element():
    message = ForwardMsg()
    message.delta.new_element.text.body = TURNED
    assert sent(message).delta.new_element.text.body == WRITTEN
    message.delta.new_element.selectbox.options.extend([TURNED, "plain"])
    message.delta.new_element.selectbox.id = TURNED
    assert list(sent(message).delta.new_element.selectbox.options) == [WRITTEN, "plain"]
    assert sent(message).delta.new_element.selectbox.id == TURNED


@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_stays_json(ascii_only):
    told = {"text": TURNED, "path": "\\u202e is six characters here"}
    message = ForwardMsg()
    message.delta.new_element.plotly_chart.spec = json.dumps(told, ensure_ascii=ascii_only)
    spec = json.loads(sent(message).delta.new_element.plotly_chart.spec)
    assert spec == {**told, "text": WRITTEN}


def test_tables_are_written_out_with_their_names_and_keep_their_numbers():
    frame = pd.DataFrame(
        {TURNED: [TURNED, None], "n": [0.1, 2e300], "kind": pd.Categorical([TURNED, "b"])},
        index=[TURNED, "second"],
    )
    message = ForwardMsg()
    message.delta.new_element.dataframe.arrow_data.data = convert_pandas_df_to_arrow_bytes(frame)
    data = sent(message).delta.new_element.dataframe.arrow_data.data
    read = pa.ipc.open_stream(data).read_pandas()
    assert list(read.columns) == [WRITTEN, "n", "kind"]
    assert read[WRITTEN].tolist()[0] == read["kind"].tolist()[0] == read.index[0] == WRITTEN
    assert read["n"].tolist() == [0.1, 2e300]


def test_a_message_without_any_is_passed_on_as_it_is():
    message = ForwardMsg()
    message.delta.new_element.text.body = "plain – text … \u200f"
    payload = message.SerializeToString()
    assert outgoing(payload) is payload
    assert outgoing(b"\xe2\x80\xae no message") == b"\xe2\x80\xae no message"


def test_what_a_person_sends_back_is_what_was_shown_to_them():
    message = BackMsg()
    message.rerun_script.widget_states.widgets.add(id="a", string_value=visible(TURNED))
    told = json.dumps({"opened": visible(TURNED)}, ensure_ascii=False)
    message.rerun_script.widget_states.widgets.add(id="b", json_trigger_value=told)
    back = BackMsg.FromString(incoming(message.SerializeToString()))
    first, second = back.rerun_script.widget_states.widgets
    assert first.string_value == TURNED
    assert json.loads(second.json_trigger_value) == {"opened": TURNED}


@given(st.text(alphabet="a\\u⟨⟩+\u202e\u2066 é"))
def test_every_text_comes_back_unchanged(text):
    shown, back = ForwardMsg(), BackMsg()
    shown.delta.new_element.text_area.default = text
    written = sent(shown).delta.new_element.text_area.default
    assert not {"\u202e", "\u2066"} & set(written)
    back.rerun_script.widget_states.widgets.add(id="a", string_value=written)
    returned = BackMsg.FromString(incoming(back.SerializeToString()))
    assert returned.rerun_script.widget_states.widgets[0].string_value == text
