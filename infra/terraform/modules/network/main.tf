# The network: two zones, the tasks' own small subnets, the groups and their
# rules. No NAT gateway: hosts and tasks have public addresses and tight groups.
resource "aws_vpc" "this" {
  cidr_block           = var.layout.network
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = {
    role = "network"
    Name = var.names.vpc
  }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = {
    role = "network"
    Name = var.names.vpc
  }
}

resource "aws_subnet" "this" {
  for_each = { for s in var.layout.subnets : s.role => s }

  vpc_id            = aws_vpc.this.id
  cidr_block        = each.value.cidr
  availability_zone = "${var.region}${each.value.zone}"
  # Without a public address a host cannot reach SSM, nor SSM the host. Tasks
  # ask for theirs themselves.
  map_public_ip_on_launch = each.key == var.layout.hosts.subnet

  tags = {
    role = each.key
    Name = "${var.names.prefix}-${each.key}"
  }
}

# The others keep the VPC's main table, which leads nowhere.
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id

  tags = {
    role = "network"
    Name = var.names.vpc
  }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "public" {
  for_each = { for s in var.layout.subnets : s.role => s if s.public }

  route_table_id = aws_route_table.public.id
  subnet_id      = aws_subnet.this[each.key].id
}

# Free, and images and programs come by it.
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.public.id]

  tags = {
    role = "network"
    Name = "${var.names.prefix}-s3"
  }
}

resource "aws_cloudwatch_log_group" "flow" {
  name              = "${var.names.path}flow"
  retention_in_days = 7

  tags = {
    role = "network"
    Name = "${var.names.path}flow"
  }
}

resource "aws_iam_role" "flow" {
  name               = "${var.names.prefix}-flow"
  path               = var.names.path
  assume_role_policy = var.documents["flow-trust"]

  tags = {
    role = "network"
    Name = "${var.names.prefix}-flow"
  }
}

resource "aws_iam_role_policy" "flow" {
  name   = aws_iam_role.flow.name
  role   = aws_iam_role.flow.name
  policy = var.documents["flow"]
}

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  max_aggregation_interval = 60
  iam_role_arn             = aws_iam_role.flow.arn
  log_destination          = aws_cloudwatch_log_group.flow.arn

  tags = {
    role = "network"
    Name = var.names.vpc
  }

  depends_on = [aws_iam_role_policy.flow]
}
