"""The command line judges mails without any installation: a line of JSON for each file."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from otklik.entrypoints.mail_check import mail

REFUSED = b"""From: MAILER-DAEMON@mx.example\r
To: b-1@shop.example\r
Subject: Undelivered Mail Returned to Sender\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; gone@example.com\r
Action: failed\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
\r
--b--\r
"""


def test_each_file_has_its_line_also_one_that_can_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "refused.eml").write_bytes(REFUSED)
    (tmp_path / "letter.eml").write_bytes(b"From: ann@example.com\r\nSubject: Hello\r\n\r\nHi\r\n")
    files = [str(tmp_path / name) for name in ("refused.eml", "absent.eml", "letter.eml")]
    done = CliRunner().invoke(mail, ["classify", *files])
    assert done.exit_code == 0
    refused, absent, letter = map(json.loads, done.output.splitlines())
    assert refused == {
        "file": files[0],
        "recipients": [
            {
                "address": "gone@example.com",
                "verdict": "hard",
                "status": "5.1.1",
                "reason": "no_mailbox",
            }
        ],
    }
    assert (absent["file"], absent["recipients"]) == (files[1], [])
    assert absent["error"]
    assert letter == {"file": files[2], "recipients": []}
