module cbench/models/go

go 1.19
