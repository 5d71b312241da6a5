"""Names of folders in report.md are text, whatever they hold."""

from train.reporting import model_card


def test_markup_of_names_is_text(monkeypatch):
    from types import SimpleNamespace as Found

    import numpy as np

    name = "![x](http://e)<b>|`"
    training = Found(
        data=[name], data_sha256="0" * 64, seed=1, counts={"train": {name: 1, "no": 2}}
    )
    findings = Found(
        manifest=Found(training=training, labels=("no", name)),
        grouping=Found(
            clusters=np.zeros(1),
            patients=0,
            without_patient=0,
            one_patient=False,
            conflicts=[f"{name}/a.png"],
        ),
        parts=[1],
        unreadable=(),
        left_out=0,
        no_brain={},
        external=name,
        relatives=[Found(root=f"/data/{name}"), Found(root="/data/b_c_")],
        leaks=[],
    )
    text = "\n".join(model_card._data(findings))
    assert name not in text
    assert r"\![x\](http\://e)\<b\>\|\`" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.replace("\\|", "").count("|") == 4 for line in table)
