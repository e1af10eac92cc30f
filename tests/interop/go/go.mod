module muster.test/goserver

go 1.19
