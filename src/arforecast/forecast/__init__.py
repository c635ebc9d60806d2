"""The forecast: when each invoice is paid, what cash that brings, who pays late, and how right it was before."""
