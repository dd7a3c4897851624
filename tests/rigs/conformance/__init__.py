"""What every kind of cloud must pass: cases as data, driven through the commands on real parts."""
