from dashboard import services
from tests import run_log


def test_the_report_of_a_run_is_written_once_for_all_viewers_in_both_forms(store):
    run_id, _, _ = run_log.iris_run(store)
    view = services.run_view(run_id)
    page = services.report(view, "html")
    assert page.startswith("<!doctype html>")
    assert services.report(services.run_view(run_id), "html") == page
    assert services.report(view, "md").startswith("# Report: Iris with")
