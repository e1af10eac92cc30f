module muster.example/bench

go 1.19
