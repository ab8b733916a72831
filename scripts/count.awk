# Prints "PASSED FAILED" of one test runner's output. `runner` names whose way of reporting it reads:
# cargo, unittest, tap, vitest, total (a line "N passed, N failed") or none.
function number_before(word) {
    return match($0, "[0-9]+ " word) ? substr($0, RSTART, RLENGTH) + 0 : 0
}
function number_after(word) {
    return match($0, word "[0-9]+") ? substr($0, RSTART + length(word), RLENGTH - length(word)) + 0 : 0
}
{ gsub(/\033\[[0-9;]*m/, "") }
runner == "cargo" && /^test result: / { passed += number_before("passed"); failed += number_before("failed") }
runner == "unittest" && /^Ran [0-9]+ tests? in / { passed += $2 }
runner == "unittest" && /^FAILED \(/ { broken = number_after("failures=") + number_after("errors="); failed += broken; passed -= broken }
runner == "tap" && /^# pass [0-9]+$/ { passed += $3 }
runner == "tap" && /^# (fail|cancelled) [0-9]+$/ { failed += $3 }
runner == "vitest" && /^ *Tests  / { passed += number_before("passed"); failed += number_before("failed") }
runner == "total" && /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3 }
END { print passed + 0, failed + 0 }
