"""Runs a program on a terminal of its own and answers its questions; prints what the terminal showed, and the exit code.

usage: terminal.py ANSWERS-LINE-BY-LINE PROGRAM ARGUMENTS...
"""
import os, pty, select, sys, time

answers, program = sys.argv[1].split('\n'), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)
shown = b''
end = time.time() + 120
while time.time() < end:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.endswith(b': ') and answers:
        # the program switches the echo off before it reads
        time.sleep(0.2)
        os.write(terminal, answers.pop(0).encode() + b'\n')
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.stdout.write(shown.decode('utf-8', 'replace').replace('\r\n', '\n') + f'exit {status}\n')
