//go:build !linux

package shop

import "syscall"

func runAs(string) (*syscall.SysProcAttr, error) { return &syscall.SysProcAttr{}, nil }

func dieWithParent(*syscall.SysProcAttr) {}
