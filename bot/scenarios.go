package main

import (
	"context"
	"fmt"
	"io"
)

const scenariosUsage = `usage: bot scenarios lint [DIR]
       bot scenarios prove [ID] [-trials N] [-append FILE]
`

func scenariosVerb(ctx context.Context, args []string, out, errs io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "lint":
			return lintVerb(args[1:], out, errs)
		case "prove":
			return proveVerb(ctx, args[1:], out, errs)
		}
	}
	fmt.Fprint(errs, scenariosUsage)
	return exitCode(2)
}
