module cbench/tests/by_hand/go

go 1.19
