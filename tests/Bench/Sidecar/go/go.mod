module sidecarbench

go 1.19
