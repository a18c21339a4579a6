"""Grading of untrusted submissions: execution in a sandbox, scoring outside of it.

    collect -> notebooks -> execute (sandbox, client, launch) -> score -> gradebook
                                                                     -> feedback, report, exports

Only data leave the sandbox: an executed notebook. The marks come from `qfc_helpers.answers.judge`,
in a process that never runs anything of a student's.
"""
