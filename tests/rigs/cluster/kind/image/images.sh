#!/bin/sh
# Give containerd the parts under each name by which kubeadm and containerd call them, once.
set -e
images="ctr --namespace=k8s.io images"
$images ls -q | grep -q /parts: && exit
$images import /kind/parts.tar
parts=$($images ls -q | grep /parts:)
version=$(cat /kind/version)
pause=$(sed -n 's/ *sandbox_image = "\(.*\)"/\1/p' /etc/containerd/config.toml)
for name in $(kubeadm config images list --kubernetes-version "$version") $pause; do
  $images tag --force "$parts" "$name"
done
