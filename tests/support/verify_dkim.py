"""Verifies the DKIM signatures of mails with dkimpy, which shares no code with the signer.

Usage: verify_dkim.py NAME RECORD MAIL...

NAME is the name in the DNS under which the key is asked for, RECORD the text that stands there. Says which mails do not
verify, and fails if there is one, or if a mail carries no signature.
"""

import sys

import dkim


def main(name, record, mails):
    def from_dns(asked, timeout=5):
        asked = asked.decode() if isinstance(asked, bytes) else asked
        return record.encode() if asked.rstrip(".") == name else None

    failed = 0
    for mail in mails:
        with open(mail, "rb") as file:
            message = file.read()
        if not dkim.verify(message, dnsfunc=from_dns):
            failed += 1
            print(f"does not verify: {mail}")
    print(f"{len(mails) - failed} of {len(mails)} verify")
    return 1 if failed or not mails else 0


sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
