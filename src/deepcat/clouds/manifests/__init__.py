"""What a served model is on a cluster: values in, objects of the cluster's API out. Pure."""
