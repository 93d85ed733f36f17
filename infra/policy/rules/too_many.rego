# A stack is small even when its scaling has grown as far as it may. A count that is
# known only after the apply is refused.
package rules.too_many

import data.lib

id := "too-many"

says := "The stack must not have more instances, tasks or databases than a round may."

# By kind: each resource with how many of them it makes at most, and the limit.
counts.instances contains [r, "instance_type", 1] if some r in lib.managed("aws_instance")

counts.instances contains [r, "max_size", lib.value(r, "max_size", 0)] if some r in lib.managed("aws_autoscaling_group")

counts.instances contains [r, "scaling_config", lib.value(r, ["scaling_config", 0, "max_size"], null)] if {
	some r in lib.managed("aws_eks_node_group")
}

# Left out, the provider takes 0.
counts.tasks contains [r, "desired_count", lib.value(r, "desired_count", 0)] if some r in lib.managed("aws_ecs_service")

counts.tasks contains [r, "max_capacity", r.values.max_capacity - r.values.min_capacity] if {
	some r in lib.managed("aws_appautoscaling_target")
	is_number(r.values.max_capacity)
	is_number(r.values.min_capacity)
}

counts.databases contains [r, "instance_class", 1] if {
	some kind in ["aws_db_instance", "aws_rds_cluster_instance"]
	some r in lib.managed(kind)
}

# Named is what makes the most.
findings contains lib.finding(r, argument) if {
	some what, limit in input.limits.counts
	numbers_of := [n | some [_, _, n] in counts[what]; is_number(n)]
	sum(numbers_of) > limit
	some [r, argument, n] in counts[what]
	n == max(numbers_of)
}

findings contains lib.finding(r, argument) if {
	some what in ["instances", "tasks", "databases"]
	some [r, argument, n] in counts[what]
	not is_number(n)
}

findings contains lib.finding(r, "max_capacity") if {
	some r in lib.managed("aws_appautoscaling_target")
	not is_number(r.values.max_capacity)
}
